"""The drill: the real server under load, with everything it stands on broken in turn. `make drill` runs it."""
