"""Generated messages and stubs of the Open Inference Protocol; `open_inference.proto` says how."""
