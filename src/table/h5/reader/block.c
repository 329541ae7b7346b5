/* block.c - rows of a dataset that only the library reads. */
#include <stdlib.h>
#include <string.h>

#include "table/h5/reader/reader.h"

enum { MOST_BLOCK = 1 << 30, ARENA_STEP = 1 << 16, POINTER_BYTES = 8 };
_Static_assert(sizeof(char *) == POINTER_BYTES, "texts take the place of pointers");

/* -- the memory of variable texts -------------------------------------------------------------- */

/* Where the library puts texts: they are freed together, also when a read fails half-way. */
typedef struct arena_part {
    struct arena_part *before;
    char bytes[];
} arena_part;

typedef struct arena {
    arena_part *last;
    size_t used, size; /* of the last part */
    size_t sum;
} arena;

static void *arena_take(size_t n, void *context)
{
    arena *a = context;
    if (n > MOST_BLOCK - a->sum)
        return NULL;
    a->sum += n;
    if (a->last == NULL || n > a->size - a->used) {
        size_t size = n > ARENA_STEP ? n : ARENA_STEP;
        arena_part *part = malloc(sizeof(*part) + size);
        if (part == NULL)
            return NULL;
        part->before = a->last;
        *a = (arena){.last = part, .size = size, .sum = a->sum};
    }
    void *at = a->last->bytes + a->used;
    a->used += n;
    return at;
}

static void arena_leave(void *at, void *context)
{
    (void)at, (void)context;
}

static void arena_release(arena *a)
{
    while (a->last != NULL) {
        arena_part *before = a->last->before;
        free(a->last);
        a->last = before;
    }
}

/* -- what an element is in memory -------------------------------------------------------------- */

/* Where in a converted element the pointers to texts are. */
typedef struct converted {
    hid_t type;
    uint32_t n_bytes;
    uint32_t *texts;
    size_t n, capacity;
} converted;

static void converted_release(converted *c)
{
    rc_h5_shut(c->type);
    free(c->texts);
}

static bool add_texts(converted *c, uint32_t at, uint32_t n)
{
    if (!rc_grow((void **)&c->texts, &c->capacity, c->n + n, sizeof(*c->texts)))
        return false;
    for (uint32_t i = 0; i < n; i++)
        c->texts[c->n++] = at + i * POINTER_BYTES;
    return true;
}

static bool add_member(converted *c, hid_t type, unsigned i, uint32_t *at)
{
    rc_h5_type_info info;
    uint32_t n;
    char *name = H5Tget_member_name(type, i);
    hid_t member = H5Tget_member_type(type, i);
    bool is_right = name != NULL && member >= 0;
    if (is_right)
        rc_h5_type_tell_member(member, &info, &n);
    if (is_right && info.type != RC_H5_UNREADABLE) {
        is_right = *at < c->n_bytes && info.n_bytes <= (c->n_bytes - *at) / n &&
                   H5Tinsert(c->type, name, *at, member) >= 0;
        if (is_right && info.type == RC_H5_TEXT_VAR)
            is_right = add_texts(c, *at, n);
        *at += is_right ? info.n_bytes * n : 0;
    }
    rc_h5_shut(member);
    H5free_memory(name);
    return is_right;
}

/* The members that are known, without gaps. */
static bool convert_compound(hid_t type, converted *c)
{
    uint32_t at = 0;
    int n = H5Tget_nmembers(type);
    c->type = H5Tcreate(H5T_COMPOUND, c->n_bytes);
    bool is_right = c->type >= 0;
    for (int i = 0; is_right && i < n; i++)
        is_right = add_member(c, type, (unsigned)i, &at);
    return is_right && at == c->n_bytes;
}

static bool convert(hid_t type, uint32_t n_bytes, converted *c)
{
    rc_h5_type_info info;
    uint32_t needed = rc_h5_type_converted(type);
    *c = (converted){.type = -1, .n_bytes = n_bytes};
    if (needed == RC_H5_NONE || (needed == 0 ? H5Tget_size(type) : needed) != n_bytes)
        return false;
    if (needed != 0 && H5Tget_class(type) == H5T_COMPOUND)
        return convert_compound(type, c);
    c->type = H5Tcopy(type);
    if (needed == 0)
        return c->type >= 0;
    rc_h5_type_tell(type, &info);
    return c->type >= 0 && info.type == RC_H5_TEXT_VAR && add_texts(c, 0, 1);
}

/* -- reading ----------------------------------------------------------------------------------- */

/* An element of the file, of which a text takes 16 bytes, must fit the buffer. */
static hid_t transfer_list(hid_t type, arena *texts)
{
    enum { BUFFER_BYTES = 1 << 20 };
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    size_t stored = H5Tget_size(type);
    size_t size = stored > BUFFER_BYTES / 2 ? stored * 2 : BUFFER_BYTES;
    if (list >= 0 && (H5Pset_vlen_mem_manager(list, arena_take, texts, arena_leave, texts) < 0 ||
                      H5Pset_buffer(list, size, NULL, NULL) < 0)) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

bool rc_h5_box_read(const rc_h5_dataset *dataset, hid_t type, const hsize_t at[2],
                    const hsize_t count[2], hid_t transfer, void *out)
{
    hid_t in_file = H5Scopy(dataset->space);
    hid_t in_memory = H5Screate_simple((int)dataset->rank, count, NULL);
    bool is_read = in_file >= 0 && in_memory >= 0 &&
                   H5Sselect_hyperslab(in_file, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                   H5Dread(dataset->id, type, in_memory, in_file, transfer, out) >= 0;
    rc_h5_shut(in_memory);
    rc_h5_shut(in_file);
    return is_read;
}

static bool read_rows(const rc_h5_dataset *dataset, const rc_h5_storage *s, uint64_t first,
                      uint64_t n, hid_t type, arena *texts, char *out)
{
    hsize_t at[2] = {0}, count[2] = {s->n_columns, s->n_columns};
    unsigned rows = rc_h5_row_dimension(s);
    at[rows] = first;
    count[rows] = n;
    hid_t transfer = transfer_list(dataset->type, texts);
    bool is_read = transfer >= 0 && rc_h5_box_read(dataset, type, at, count, transfer, out);
    rc_h5_shut(transfer);
    return is_read;
}

/* Exchanges a pointer for where its text is appended. */
static bool pack_text(rc_buf *out, size_t at, size_t area)
{
    const char *text;
    uint32_t packed[2];
    memcpy(&text, out->data + at, sizeof(text));
    size_t n = text == NULL ? 0 : strlen(text);
    size_t offset = out->n - area;
    if (offset > UINT32_MAX - n || !rc_buf_append(out, text == NULL ? "" : text, n))
        return false;
    packed[0] = (uint32_t)offset;
    packed[1] = (uint32_t)n;
    memcpy(out->data + at, packed, sizeof(packed));
    return true;
}

static bool pack_texts(rc_buf *out, size_t from, const converted *c)
{
    size_t area = out->n;
    for (size_t at = from; c->n > 0 && at < area; at += c->n_bytes)
        for (size_t k = 0; k < c->n; k++)
            if (!pack_text(out, at + c->texts[k], area))
                return false;
    return true;
}

static rc_status read_block(const rc_h5_dataset *dataset, const rc_h5_storage *s, uint64_t first,
                            uint64_t n, size_t n_bytes, rc_buf *out, rc_error *err)
{
    converted c;
    arena texts = {0};
    size_t from = out->n;
    rc_status st = RC_OK;
    if (!convert(dataset->type, s->element_bytes, &c))
        st = rc_error_set(err, RC_E_DATA, "its type cannot be converted");
    else if (!rc_buf_reserve(out, n_bytes))
        st = rc_error_nomem(err);
    else
        memset(out->data + from, 0, n_bytes); /* no pointer is ever what was there before */
    if (st >= 0 && !read_rows(dataset, s, first, n, c.type, &texts, out->data + from))
        st = rc_error_set(err, RC_E_DATA, "its data are damaged");
    out->n += st >= 0 ? n_bytes : 0;
    if (st >= 0 && !pack_texts(out, from, &c))
        st = rc_error_nomem(err);
    arena_release(&texts);
    converted_release(&c);
    if (st < 0)
        out->n = from;
    return st;
}

rc_status rc_h5_storage_block(const rc_h5_dataset *dataset, const rc_h5_storage *storage,
                              uint64_t first, uint64_t n, rc_buf *out, rc_error *err)
{
    const rc_h5_storage *s = storage;
    if (first > s->n_rows || n > s->n_rows - first)
        return rc_error_set(err, RC_E_DATA, "rows beyond its last are asked for");
    if (n == 0 || s->n_columns == 0)
        return RC_OK;
    if (s->element_bytes > MOST_BLOCK / s->n_columns ||
        n > MOST_BLOCK / (s->element_bytes * s->n_columns))
        return rc_error_set(err, RC_E_DATA, "a block of more than 1 GiB is asked for");
    return read_block(dataset, s, first, n, (size_t)(n * s->n_columns * s->element_bytes), out,
                      err);
}
