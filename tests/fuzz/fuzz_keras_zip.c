/* fuzz_keras_zip.c - whatever an archive says of its members, each is read with the checksum that
 * it has, or refused with a reason; and again the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model/foreign/keras/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_INPUT_BYTES = 1 << 16, MOST_MEMBER = 1 << 20 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_twice(rc_zip *zip, const char *name)
{
    const char *first, *second;
    size_t n, n_second;
    rc_error err = {0};
    rc_status st = rc_zip_read(zip, name, MOST_MEMBER, &first, &n, &err);
    if (st != RC_OK) {
        check(st == RC_E_MODEL && err.text[0] != '\0' && first == NULL && n == 0);
        return;
    }
    check(rc_zip_has(zip, name) && n <= MOST_MEMBER);
    uLong sum = crc32(0, (const Bytef *)first, (uInt)n);
    check(rc_zip_read(zip, name, MOST_MEMBER, &second, &n_second, NULL) == RC_OK);
    check(n_second == n && crc32(0, (const Bytef *)second, (uInt)n) == sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"config.json",
                                        "metadata.json",
                                        "model.weights.h5",
                                        "assets/layers/string_lookup/vocabulary.txt",
                                        "a",
                                        ""};
    rc_zip *zip;
    rc_error err = {0};
    if (size > MOST_INPUT_BYTES)
        return 0;
    rc_status st = rc_zip_open(&zip, (const char *)data, size, &err);
    check(st == RC_OK || (st == RC_E_MODEL && err.text[0] != '\0' && zip == NULL));
    for (size_t i = 0; st == RC_OK && i < sizeof(names) / sizeof(names[0]); i++)
        read_twice(zip, names[i]);
    rc_zip_close(zip);
    return 0;
}
