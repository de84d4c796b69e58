// lookup SEGMENT BEGIN PROGRAM FLAGS SECURE VARIABLE... -- ARGUMENT...: begins at BEGIN of a segment
// as the kernel begins a program, with AT_EXECFD for PROGRAM (unless it is "-"), AT_FLAGS and
// AT_SECURE. Where the segment goes on it says so, and what it finds.
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long *stack;
static int descriptor = -1;

__attribute__((used)) static void report(long *at, long zero)
{
	if (at != stack || zero)
		printf("a wrong stack or register, ");
	printf("emulated %ld %s", at[0], (char *)at[1]);
	if (descriptor >= 0)
		printf(" %d", fcntl(descriptor, F_GETFD));
	for (int i = 1; i < at[0]; i++)
		if (strstr((char *)at[i + 1], "liblto") || strstr((char *)at[i + 1], "lto.so"))
			printf(" %s", (char *)at[i + 1]);
	puts("");
	exit(0);
}

void next(void);
#ifdef __x86_64__
__asm__("next: mov %rsp, %rdi; mov %rdx, %rsi; and $-16, %rsp; call report");
#define BEGIN(sp, pc) __asm__ volatile("mov %0, %%rsp; xor %%edx, %%edx; jmp *%1" : : "r"(sp), "r"(pc))
#else
__asm__("next: mov x1, x0; mov x0, sp; bl report");
#define BEGIN(sp, pc) __asm__ volatile("mov sp, %0; mov x0, 0; br %1" : : "r"(sp), "r"(pc))
#endif

int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r");
	char *segment = mmap(0, 1 << 16, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t size = fread(segment, 1, 1 << 16, f);
	fclose(f);
	char *begin = segment + atol(argv[2]);
	long distance = (char *)next - begin;
	memcpy(begin - 8, &distance, 8);
	__builtin___clear_cache(segment, segment + size);
	if (strcmp(argv[3], "-"))
		descriptor = open(argv[3], O_RDONLY);

	long *sp = (long *)((char *)mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 48 * 1024);
	stack = sp;
	int dashes = 6;
	while (strcmp(argv[dashes], "--"))
		dashes++;
	*sp++ = argc - dashes - 1;
	for (int i = dashes + 1; i < argc; i++)
		*sp++ = (long)argv[i];
	*sp++ = 0;
	for (int i = 6; i < dashes; i++)
		*sp++ = (long)argv[i];
	*sp++ = 0;
	long vector[] = {AT_PAGESZ, 4096, AT_FLAGS, atol(argv[4]), AT_SECURE, atol(argv[5]), AT_EXECFD, descriptor};
	for (int i = 0; i < 8 - 2 * (descriptor < 0); i++)
		*sp++ = vector[i];
	*sp++ = AT_NULL;
	*sp = 0;
	fflush(stdout);
	BEGIN(stack, begin);
}
