"""`tcm check`: nothing dangerous in a prescription or in what the patient says."""
