"""What runs the chapters, records what comes out, and compares it later."""

__all__ = ["environment"]


def environment() -> dict[str, str]:
    """Return the settings with which everything that executes the book runs.

    At the book's sizes the threads of BLAS cost more than they bring: eight times
    the work, on a machine that has something else to do.
    """
    return {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "DLAM_PROGRESS": "0",
        "PYTHONHASHSEED": "0",
    }
