/* zip.h - the members of a .keras archive in memory. */
#ifndef RC_MODEL_FOREIGN_KERAS_ZIP_H
#define RC_MODEL_FOREIGN_KERAS_ZIP_H

#include "base/mem.h"

typedef struct rc_zip rc_zip;

/**
 * Opens an archive of n bytes, which are borrowed until it is closed.
 * Errors   RC_E_MODEL: damaged; names that lead elsewhere, or twice the same; members that are
 *          encrypted, packed otherwise than by deflate, larger than can be or than the file, or
 *          that lie upon each other.
 */
rc_status rc_zip_open(rc_zip **out, const char *data, size_t n, rc_error *err);
void rc_zip_close(rc_zip *zip); /* NULL is fine */

bool rc_zip_has(const rc_zip *zip, const char *name);

/* The bytes of a member, at most `most`, whose checksum is right: they live as long as the archive.
 * A member that is stored is not copied. RC_E_MODEL also if there is none. */
rc_status rc_zip_read(rc_zip *zip, const char *name, size_t most, const char **data, size_t *n,
                      rc_error *err);

#endif
