"""What the engine writes while a case runs: `step` what every step does, `phases` the run, `domains` its analyses."""
