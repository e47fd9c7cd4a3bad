"""The second opinion: prices from the typed edition in Decimal, sharing neither plan nor emitter with the compiled way."""
