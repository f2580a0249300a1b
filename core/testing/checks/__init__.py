"""What a connector must do, one function a claim. Each may raise ConformanceFailure or Declined."""
