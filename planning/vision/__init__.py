"""What a vision model tells about a world's pictures, where one is configured."""
