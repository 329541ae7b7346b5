/* uninspected.c - a reader of HDF5 that looks at no link and no storage: nothing but the driver and
 * the walls keeps other files shut. */
#include <unistd.h>

#include "cli/reader.h"

int main(int argc, char **argv)
{
    _exit(rc_reader_main(argc - 2, argv + 2));
}
