/** Points that can be moved by mouse, by touch and by the arrow keys. */

/**
 * Let a handle be moved over an area, whose lower left corner is (0, 0) and
 * whose upper right corner is (1, 1).
 *
 * @param {HTMLElement} handle its touch-action must be none
 * @param {HTMLElement} area
 * @param {object} options
 * @param {() => [number, number]} options.place where the handle is
 * @param {(x: number, y: number) => void} options.move put it there
 * @param {() => void} options.done the hand has let go, or the key
 * @param {number} [options.step] of an arrow key; with shift ten times as much
 */
export function movable(handle, area, { place, move, done, step = 0.01 }) {
  /** @param {number} x @param {number} y */
  const to = (x, y) => move(Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y)));

  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // no text is selected
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    // The handle keeps its distance from the finger.
    const box = area.getBoundingClientRect();
    const [x, y] = place();
    const dx = event.clientX - (box.left + x * box.width);
    const dy = event.clientY - (box.bottom - y * box.height);
    let moved = false;
    /** @param {PointerEvent} event */
    const follow = (event) => {
      const box = area.getBoundingClientRect();
      moved = true;
      to(
        (event.clientX - dx - box.left) / box.width,
        (box.bottom - event.clientY + dy) / box.height,
      );
    };
    const leave = () => {
      handle.removeEventListener("pointermove", follow);
      handle.removeEventListener("pointerup", leave);
      handle.removeEventListener("pointercancel", leave);
      if (moved) done();
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", leave);
    handle.addEventListener("pointercancel", leave);
  });

  /** @type {Record<string, [number, number]>} */
  const ways = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowDown: [0, -1],
    ArrowUp: [0, 1],
  };
  handle.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the page does not scroll
    const far = event.shiftKey ? 10 * step : step;
    const [x, y] = place();
    to(x + far * way[0], y + far * way[1]);
    done();
  });
}
