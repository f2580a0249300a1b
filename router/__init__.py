"""The application: everything that runs, stores and shows; channels are behind `core`."""
