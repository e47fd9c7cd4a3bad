"""What the world sees: the partner API, and the pages that members open."""
