/* reader_path.h - where the program is that reads foreign files: this one. */
#ifndef RC_CLI_READER_PATH_H
#define RC_CLI_READER_PATH_H

#include <stddef.h>

/* The path of the running program; NULL where the system does not tell, then the library takes the
 * installed one. Returns buffer. */
const char *rc_reader_path(char *buffer, size_t size);

#endif
