"""What tests lean on: specs in given-when-then, real servers, whole services."""
