/* version.c - versions of the library and of the parts that it is linked with. */
#include <csv.h>
#include <isa-l.h>
#include <jansson.h>
#include <libdeflate.h>
#include <zstd.h>

#include "config.h"
#include "rowcast.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *rc_version(void)
{
    return RC_VERSION;
}

const char *rc_version_parts(void)
{
    return "libcsv " TEXT(CSV_MAJOR) "." TEXT(CSV_MINOR) "." TEXT(
        CSV_RELEASE) ", zstd " ZSTD_VERSION_STRING
                     ", ISA-L " TEXT(ISAL_MAJOR_VERSION) "." TEXT(
                         ISAL_MINOR_VERSION) ", libdeflate " LIBDEFLATE_VERSION_STRING
                                             ", jansson " JANSSON_VERSION ", OpenMP " TEXT(_OPENMP);
}
