% Stochastic gradient descent for the sites drilled for oil, in GNU Octave.
%
%   octave-cli netbp.m IN OUT
%
% The file IN holds the start, cells W and b with W{l} and b{l} for the layers
% l = 2, ..., L; sites, how many there are, 10 or 11; order, the numbers of the
% sites to visit; the learning rate eta; and report, the steps after which the
% cost is wanted, rising.  OUT receives, a number a line, the cost at the start
% and those after the steps in report, then the parameters at the end: W{2} row
% by row, b{2}, W{3} row by row, ...
%
% This program shares nothing with the library that it is there to check.  It
% is the formulas (5.1) to (5.8), one point at a time (4.6), and no more.

1;  % a script, though a function comes first

function C = cost (W, b, x, y)
  C = 0;
  for i = 1:columns (x)
    a = x(:,i);
    for l = 2:numel (W)
      a = 1 ./ (1 + exp (-(W{l} * a + b{l})));
    end
    C += norm (y(:,i) - a) ^ 2 / 2;               % (5.1)
  end
  C /= columns (x);                               % its mean, (2.6)
end

% The sites: five of category A, then five, or six, of category B.
x = [0.1 0.3 0.1 0.6 0.4 0.6 0.5 0.9 0.4 0.7 0.3
     0.1 0.4 0.5 0.9 0.2 0.3 0.6 0.2 0.4 0.6 0.7];
y = [1 1 1 1 1 0 0 0 0 0 0
     0 0 0 0 0 1 1 1 1 1 1];

given = load (argv (){1});
x = x(:,1:given.sites);
y = y(:,1:given.sites);
W = given.W;
b = given.b;
L = numel (W);
eta = given.eta;
order = given.order;
wanted = false (1, numel (order));
wanted(given.report) = true;

costs = cost (W, b, x, y);
for step = 1:numel (order)
  a{1} = x(:,order(step));
  for l = 2:L
    z = W{l} * a{l-1} + b{l};                     % (5.2)
    e = exp (-z);
    a{l} = 1 ./ (1 + e);                          % (5.3), by (2.1)
    slope{l} = e ./ (1 + e) .^ 2;                 % the derivative of (2.1) at z
  end
  delta{L} = slope{L} .* (a{L} - y(:,order(step)));       % (5.5)
  for l = L-1:-1:2
    delta{l} = slope{l} .* (W{l+1}' * delta{l+1});        % (5.6)
  end
  for l = 2:L                                     % (4.6) with
    b{l} -= eta * delta{l};                       % (5.7)
    W{l} -= eta * delta{l} * a{l-1}';             % (5.8)
  end
  if (wanted(step))
    costs(end+1) = cost (W, b, x, y);
  end
end

out = fopen (argv (){2}, "w");
fprintf (out, "%.17g\n", costs);
for l = 2:L
  fprintf (out, "%.17g\n", W{l}', b{l});
end
fclose (out);
