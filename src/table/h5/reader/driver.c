/* driver.c - the file driver through which HDF5 sees one descriptor.
 *
 * It reads, and nothing else. Its open knows one name, which is no file's: whatever a file makes
 * the library open (an external link, a source of a virtual dataset) ends here. */
#include <stdlib.h>
#include <string.h>

#include "io/input.h"
#include "table/h5/reader/reader.h"
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

#define WINDOW_NAME "\x01rowcast-window"
#define MAX_ADDRESS ((haddr_t)1 << 62)

typedef struct window {
    int fd;
    const char *memory; /* (n_bytes) instead of a descriptor; NULL: there is one */
    uint64_t n_bytes;
    rc_h5_mapping *mapping;
} window;

typedef struct driver_file {
    H5FD_t base; /* the library's part comes first */
    window window;
    haddr_t end_of_addresses;
} driver_file;

static H5FD_t *open_window(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)most;
    const window *w = H5Pget_driver_info(access);
    if (w == NULL || strcmp(name, WINDOW_NAME) != 0 ||
        (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC)) != 0)
        return NULL;
    driver_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return NULL;
    file->window = *w;
    return &file->base;
}

static herr_t close_window(H5FD_t *file)
{
    free(file);
    return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b)
{
    const window *x = &((const driver_file *)a)->window, *y = &((const driver_file *)b)->window;
    if (x->memory != y->memory)
        return (uintptr_t)x->memory < (uintptr_t)y->memory ? -1 : 1;
    return x->fd < y->fd ? -1 : x->fd > y->fd;
}

static herr_t query(const H5FD_t *file, unsigned long *features)
{
    (void)file;
    *features = H5FD_FEAT_ACCUMULATE_METADATA_READ | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t kind)
{
    (void)kind;
    return ((const driver_file *)file)->end_of_addresses;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t kind, haddr_t address)
{
    (void)kind;
    ((driver_file *)file)->end_of_addresses = address;
    return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t kind)
{
    (void)kind;
    return ((const driver_file *)file)->window.n_bytes;
}

/* While chunks are mapped their bytes are not wanted, and the buffer is shorter than they are: it
 * is not touched. */
static herr_t read_window(H5FD_t *file, H5FD_mem_t kind, hid_t transfer, haddr_t address, size_t n,
                          void *out)
{
    (void)transfer;
    const window *w = &((driver_file *)file)->window;
    if (address > w->n_bytes || n > w->n_bytes - address)
        return -1;
    if (kind == H5FD_MEM_DRAW && w->mapping != NULL && w->mapping->is_on) {
        w->mapping->offset = address;
        w->mapping->n_bytes = n;
        w->mapping->n_reads++;
        return 0;
    }
    if (w->memory == NULL)
        return rc_file_read_at(w->fd, address, out, n) ? 0 : -1;
    memcpy(out, w->memory + address, n);
    return 0;
}

static herr_t write_nothing(H5FD_t *file, H5FD_mem_t kind, hid_t transfer, haddr_t address,
                            size_t n, const void *data)
{
    (void)file, (void)kind, (void)transfer, (void)address, (void)n, (void)data;
    return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)511, /* of those that are nobody's */
#endif
    .name = "rowcast",
    .maxaddr = MAX_ADDRESS,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(window),
    .open = open_window,
    .close = close_window,
    .cmp = compare,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_window,
    .write = write_nothing,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* The cache of chunks serves blocks alone: of each dataset, whole chunks as far as they fit. */
static hid_t access_list(hid_t driver_id, const window *w)
{
    enum { CHUNK_CACHE_SLOTS = 521, CHUNK_CACHE_BYTES = 16 << 20 };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0)
        return -1;
    if (H5Pset_driver(access, driver_id, w) < 0 ||
        H5Pset_cache(access, 0, CHUNK_CACHE_SLOTS, CHUNK_CACHE_BYTES, 1.0) < 0) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

static hid_t open_file(const window *w)
{
    if (w->n_bytes > MAX_ADDRESS)
        return -1;
    /* Stays registered: the library lets go of the driver before it calls its close. */
    hid_t driver_id = H5FDregister(&driver);
    if (driver_id < 0)
        return -1;
    hid_t access = access_list(driver_id, w), file = -1;
    if (access >= 0) {
        file = H5Fopen(WINDOW_NAME, H5F_ACC_RDONLY, access);
        hid_t reasons = H5Eget_current_stack(); /* the next call forgets them */
        H5Pclose(access);
        H5Eset_current_stack(reasons);
    }
    return file;
}

hid_t rc_h5_driver_open(int fd, uint64_t n, rc_h5_mapping *mapping)
{
    return open_file(&(window){.fd = fd, .n_bytes = n, .mapping = mapping});
}

hid_t rc_h5_driver_open_memory(const void *data, size_t n)
{
    return open_file(&(window){.fd = -1, .memory = data, .n_bytes = n});
}
