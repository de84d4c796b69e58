#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	const char *name;
	double value;
	long double wide;
	uint64_t bits;
};

static const struct pair pairs[] = {
	{"pi", 3.14159265358979323846, 3.14159265358979323846L, 0x400921fb54442d18},
	{"e", 2.7182818284590452354, 2.7182818284590452354L, 0x4005bf0a8b145769},
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

int main(int argc, char **argv)
{
	struct pair sorted[2];
	memcpy(sorted, pairs, sizeof sorted);
	qsort(sorted, 2, sizeof *sorted, compare);
	for (int i = 0; i < 2; i++)
		printf("%s %.12f %.12Lf %llx %s\n", sorted[i].name, sin(sorted[i].value * argc), sorted[i].wide,
		       (unsigned long long)sorted[i].bits, strrchr(argv[0], '/') ? "path" : "name");
	return 0;
}
