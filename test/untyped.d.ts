// Upstream packages without type declarations, which only tests use.
declare module 'bencode'
declare module 'bittorrent-tracker'
