"""What the daemon answers over HTTP: the output folder, the unsubscribe page, /healthz."""
