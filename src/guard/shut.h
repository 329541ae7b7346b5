/* shut.h - what a reader can shut of the world, one by one. */
#ifndef RC_GUARD_SHUT_H
#define RC_GUARD_SHUT_H

#include <stdbool.h>
#include <stdint.h>

/* Limits that hold from the start: time, core dumps, files that grow, and memory_bytes of address
 * space unless 0. False: one of them cannot be set. */
bool rc_shut_limits(uint64_t memory_bytes);

/* No descriptor beyond those two that there are. After it not even Landlock can be asked. */
bool rc_shut_descriptors(void);

/* Every right to files, ports and other processes' sockets that this kernel's Landlock knows. Open
 * descriptors stay usable. Returns the version, 0: there is none. */
uint32_t rc_shut_landlock(void);

/* All system calls but those that reading and answering need. False: there is no seccomp. */
bool rc_shut_seccomp(void);

#endif
