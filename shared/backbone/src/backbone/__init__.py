"""What every Chalkline service stands on."""
