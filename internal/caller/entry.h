// The beginnings of variables, as numbers: "GO", "PWD=".
#define GO 0x4f47
#define PWD 0x3d445750

// A vector of more bytes than this is left as it is.
#define LARGE 0x10000
