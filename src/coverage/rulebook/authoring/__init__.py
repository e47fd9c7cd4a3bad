"""What an underwriter's commands show: worked prices, differences, a new product's first files, a file's reference."""
