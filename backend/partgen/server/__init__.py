"""The backend process: message loop, worker, cancellation, store."""
