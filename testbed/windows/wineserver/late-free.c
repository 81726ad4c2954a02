/*
 * Keeps freed memory of Wine's server for a while. Wine 10 wakes what waits for an object that is already freed
 * (server/fd.c, set_fd_signaled), and crashes once something else is in its place. Loaded with LD_PRELOAD.
 */
#include <stddef.h>

extern void __libc_free(void *);

#define KEPT 65536

/* The server has one thread. */
void free(void *pointer) {
	static void *kept[KEPT];
	static size_t next;
	void *oldest = kept[next];
	kept[next] = pointer;
	next = (next + 1) % KEPT;
	__libc_free(oldest);
}
