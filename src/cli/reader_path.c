/* reader_path.c - where the program is that reads foreign files: this one. */
#include "cli/reader_path.h"

#include <unistd.h>

const char *rc_reader_path(char *buffer, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", buffer, size);
    if (n <= 0 || (size_t)n >= size)
        return NULL;
    buffer[n] = '\0';
    return buffer;
}
