"""The scenarios, by theme: each function named test_... gets the world and may raise anything."""
