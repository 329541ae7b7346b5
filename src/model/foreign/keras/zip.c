/* zip.c - the members of a .keras archive, by minizip. */
#include "model/foreign/keras/zip.h"

#include <jansson.h>
#include <minizip/unzip.h>
#include <stdlib.h>

#include "base/text.h"

enum { MOST_MEMBERS = 10000, MOST_NAME = 1024, DEFLATED = 8 };
/* Deflate makes at most 1032 bytes of one. */
enum { MOST_RATIO = 1100 };

typedef struct piece {
    struct piece *next;
    char bytes[];
} piece;

/* Where the bytes of a member lie, as they are packed. */
typedef struct range {
    uint64_t from, to;
} range;

struct rc_zip {
    const char *data; /* (n) */
    size_t n, at;     /* at: where minizip reads */
    bool is_short;    /* its last read went beyond the end */
    unzFile file;
    json_t *names; /* of the members */
    range *ranges; /* of the members; for the time of opening */
    size_t n_ranges, capacity;
    piece *pieces; /* members that were packed */
};

/* -- minizip's view of the bytes -----------------------------------------------------------------
 */

static voidpf open_bytes(voidpf opaque, const void *name, int mode)
{
    (void)name;
    return (mode & ZLIB_FILEFUNC_MODE_WRITE) != 0 ? NULL : opaque;
}

static uLong read_bytes(voidpf opaque, voidpf stream, void *out, uLong n)
{
    rc_zip *zip = opaque;
    (void)stream;
    uLong take = zip->n - zip->at < n ? zip->n - zip->at : n;
    memcpy(out, zip->data + zip->at, take);
    zip->at += take;
    zip->is_short = take < n;
    return take;
}

static ZPOS64_T tell_bytes(voidpf opaque, voidpf stream)
{
    (void)stream;
    return ((rc_zip *)opaque)->at;
}

static long seek_bytes(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    rc_zip *zip = opaque;
    (void)stream;
    size_t from = origin == ZLIB_FILEFUNC_SEEK_CUR   ? zip->at
                  : origin == ZLIB_FILEFUNC_SEEK_END ? zip->n
                                                     : 0;
    if (offset > zip->n - from)
        return -1;
    zip->at = from + (size_t)offset;
    return 0;
}

static int close_bytes(voidpf opaque, voidpf stream)
{
    (void)opaque, (void)stream;
    return 0;
}

/* Without it minizip takes the end of the file for bytes of zero. */
static int is_failed(voidpf opaque, voidpf stream)
{
    (void)stream;
    return ((rc_zip *)opaque)->is_short;
}

/* -- the list of members -------------------------------------------------------------------------
 */

static bool leads_elsewhere(const char *name)
{
    size_t n = strlen(name);
    return name[0] == '/' || strchr(name, '\\') != NULL || strcmp(name, "..") == 0 ||
           strncmp(name, "../", 3) == 0 || strstr(name, "/../") != NULL ||
           (n >= 3 && strcmp(name + n - 3, "/..") == 0);
}

static rc_status refuse(const char *name, const char *what, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    return rc_error_set(err, RC_E_MODEL, "archive member '%s': %s",
                        rc_text_quote(name, strlen(name), quoted), what);
}

static rc_status damaged(rc_error *err)
{
    return rc_error_set(err, RC_E_MODEL, "a damaged archive");
}

static rc_status check_member(rc_zip *zip, const unz_file_info64 *info, const char *name,
                              rc_error *err)
{
    if (info->size_filename >= MOST_NAME || strlen(name) != info->size_filename ||
        leads_elsewhere(name))
        return refuse(name, "a name that is not taken", err);
    if (json_object_get(zip->names, name) != NULL)
        return refuse(name, "stands twice in the archive", err);
    if ((info->flag & 1) != 0)
        return refuse(name, "is encrypted", err);
    if (info->compression_method != 0 && info->compression_method != DEFLATED)
        return refuse(name, "is packed by a method other than deflate", err);
    bool is_stored = info->compression_method == 0;
    if (info->compressed_size > zip->n ||
        (is_stored && info->compressed_size != info->uncompressed_size) ||
        info->uncompressed_size / MOST_RATIO > info->compressed_size)
        return refuse(name, "is larger than the archive can hold", err);
    if (json_object_set_new_nocheck(zip->names, name, json_true()) != 0)
        return rc_error_nomem(err);
    return RC_OK;
}

/* Opening a member holds its own header against the list of members. */
static rc_status add_range(rc_zip *zip, const unz_file_info64 *info, const char *name,
                           rc_error *err)
{
    if (!rc_grow((void **)&zip->ranges, &zip->capacity, zip->n_ranges + 1, sizeof(*zip->ranges)))
        return rc_error_nomem(err);
    if (unzOpenCurrentFile(zip->file) != UNZ_OK)
        return refuse(name, "is damaged", err);
    uint64_t from = unzGetCurrentFileZStreamPos64(zip->file);
    unzCloseCurrentFile(zip->file);
    if (from > zip->n || info->compressed_size > zip->n - from)
        return refuse(name, "is larger than the archive can hold", err);
    zip->ranges[zip->n_ranges++] = (range){from, from + info->compressed_size};
    return RC_OK;
}

static int compare_ranges(const void *a, const void *b)
{
    const range *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

/* Members that lie upon each other make much out of few bytes. */
static rc_status check_ranges(rc_zip *zip, rc_error *err)
{
    if (zip->n_ranges > 1)
        qsort(zip->ranges, zip->n_ranges, sizeof(*zip->ranges), compare_ranges);
    for (size_t i = 1; i < zip->n_ranges; i++)
        if (zip->ranges[i].from < zip->ranges[i - 1].to)
            return rc_error_set(err, RC_E_MODEL, "members of the archive that lie upon each other");
    free(zip->ranges);
    zip->ranges = NULL;
    return RC_OK;
}

static rc_status list_members(rc_zip *zip, rc_error *err)
{
    int got = unzGoToFirstFile(zip->file);
    for (size_t i = 0; got == UNZ_OK; i++) {
        unz_file_info64 info;
        char name[MOST_NAME + 1] = "";
        if (i == MOST_MEMBERS)
            return rc_error_set(err, RC_E_MODEL, "an archive of more than %d members",
                                MOST_MEMBERS);
        if (unzGetCurrentFileInfo64(zip->file, &info, name, MOST_NAME, NULL, 0, NULL, 0) != UNZ_OK)
            return damaged(err);
        RC_TRY(check_member(zip, &info, name, err));
        RC_TRY(add_range(zip, &info, name, err));
        got = unzGoToNextFile(zip->file);
    }
    return got == UNZ_END_OF_LIST_OF_FILE ? check_ranges(zip, err) : damaged(err);
}

rc_status rc_zip_open(rc_zip **out, const char *data, size_t n, rc_error *err)
{
    *out = NULL;
    rc_zip *zip = rc_alloc_array(1, sizeof(*zip));
    if (zip == NULL)
        return rc_error_nomem(err);
    zip->data = data;
    zip->n = n;
    zlib_filefunc64_def functions = {.zopen64_file = open_bytes,
                                     .zread_file = read_bytes,
                                     .ztell64_file = tell_bytes,
                                     .zseek64_file = seek_bytes,
                                     .zclose_file = close_bytes,
                                     .zerror_file = is_failed,
                                     .opaque = zip};
    zip->names = json_object();
    zip->file = zip->names != NULL ? unzOpen2_64("", &functions) : NULL;
    rc_status st = zip->names == NULL  ? rc_error_nomem(err)
                   : zip->file == NULL ? damaged(err)
                                       : list_members(zip, err);
    if (st < 0) {
        rc_zip_close(zip);
        return st;
    }
    *out = zip;
    return RC_OK;
}

void rc_zip_close(rc_zip *zip)
{
    if (zip == NULL)
        return;
    if (zip->file != NULL)
        unzClose(zip->file);
    while (zip->pieces != NULL) {
        piece *next = zip->pieces->next;
        free(zip->pieces);
        zip->pieces = next;
    }
    json_decref(zip->names);
    free(zip->ranges);
    free(zip);
}

bool rc_zip_has(const rc_zip *zip, const char *name)
{
    return json_object_get(zip->names, name) != NULL;
}

/* -- one member ----------------------------------------------------------------------------------
 */

/* Reads all of it, into `to` or (NULL) for the checksum alone. False: it is damaged. */
static bool read_through(rc_zip *zip, char *to, size_t n)
{
    enum { STEP = 1 << 16 };
    char passed[STEP];
    size_t done = 0;
    int got;
    do {
        size_t most = n - done < STEP ? n - done : STEP;
        char *out = to != NULL ? to + done : passed;
        got =
            unzReadCurrentFile(zip->file, most > 0 ? out : passed, (unsigned)(most > 0 ? most : 1));
        done += got > 0 ? (size_t)got : 0;
    } while (got > 0 && done <= n);
    return got == 0 && done == n;
}

static rc_status take_open(rc_zip *zip, const unz_file_info64 *info, const char **data,
                           rc_error *err)
{
    size_t n = (size_t)info->uncompressed_size;
    uint64_t at = unzGetCurrentFileZStreamPos64(zip->file);
    bool is_stored = info->compression_method == 0;
    if (is_stored) {
        if (at > zip->n || n > zip->n - at || !read_through(zip, NULL, n))
            return damaged(err);
        *data = zip->data + at;
        return RC_OK;
    }
    piece *made = malloc(sizeof(*made) + n + 1);
    if (made == NULL)
        return rc_error_nomem(err);
    made->next = zip->pieces;
    zip->pieces = made;
    made->bytes[n] = '\0';
    *data = made->bytes;
    return read_through(zip, made->bytes, n) ? RC_OK : damaged(err);
}

rc_status rc_zip_read(rc_zip *zip, const char *name, size_t most, const char **data, size_t *n,
                      rc_error *err)
{
    unz_file_info64 info;
    *data = NULL;
    *n = 0;
    if (!rc_zip_has(zip, name) || unzLocateFile(zip->file, name, 1) != UNZ_OK ||
        unzGetCurrentFileInfo64(zip->file, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK)
        return refuse(name, "is not there", err);
    if (info.uncompressed_size > most)
        return refuse(name, "is larger than is read", err);
    if (unzOpenCurrentFile(zip->file) != UNZ_OK)
        return refuse(name, "is damaged", err);
    const char *taken = NULL;
    rc_status st = take_open(zip, &info, &taken, err);
    int closed = unzCloseCurrentFile(zip->file); /* says whether the checksum is right */
    if (st == RC_E_SYSTEM)
        return st;
    if (st < 0 || closed != UNZ_OK)
        return refuse(name, "is damaged", err);
    *data = taken;
    *n = (size_t)info.uncompressed_size;
    return RC_OK;
}
