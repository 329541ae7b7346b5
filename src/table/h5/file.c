/* file.c - an HDF5 file in the scoring process: the reader behind the wall, and our bytes. */
#include "table/h5/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/input.h"
#include "table/csv_scan.h"

struct rc_h5_file {
    int fd;
    uint64_t n_bytes, max_memory;
    rc_guard *guard; /* NULL: dismissed */
    char shut[64];
    rc_h5_table *table;
};

/* Beyond 4 s the reader has a second for each 16 MiB of the file: even where its chunks are tiny,
 * it maps more. */
enum { TIMEOUT_BITS = 24 };

/* What an answer may have even where memory is scarce; the part of all memory that the variable
 * texts of one block may have, of which several wait for their turn. */
enum { LEAST_ANSWER = 16 << 20, TEXTS_PART = 8 };

static bool has_signature(int fd, uint64_t offset)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char found[sizeof(signature)];
    return rc_file_read_at(fd, offset, found, sizeof(found)) &&
           memcmp(found, signature, sizeof(found)) == 0;
}

bool rc_h5_is_file(int fd, uint64_t file_bytes)
{
    uint64_t offset = 0;
    while (offset < file_bytes && offset <= INT64_MAX / 2) {
        if (has_signature(fd, offset))
            return true;
        offset = offset == 0 ? 512 : 2 * offset;
    }
    return false;
}

static rc_status refuse_kind(mode_t mode, rc_error *err)
{
    if (S_ISDIR(mode))
        return rc_error_set(err, RC_E_DATA, "is a folder");
    return rc_error_set(err, RC_E_DATA, "HDF5 is read from a regular file only, no pipe");
}

static rc_status refuse_content(int fd, rc_error *err)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char head[4] = {0};
    rc_error_set(err, RC_E_DATA, "this is not HDF5");
    if (rc_file_read_at(fd, 0, head, sizeof(head)) &&
        (memcmp(head, gzip, sizeof(gzip)) == 0 || memcmp(head, zstd, sizeof(zstd)) == 0))
        rc_error_hint(err,
                      "if it is HDF5 that is compressed as a whole: decompress it to a file first");
    return RC_E_DATA;
}

static rc_status check_descriptor(int fd, rc_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return rc_error_os(err, RC_E_DATA, errno, "cannot be opened");
    if (!S_ISREG(info.st_mode))
        return refuse_kind(info.st_mode, err);
    return rc_h5_is_file(fd, (uint64_t)info.st_size) ? RC_OK : refuse_content(fd, err);
}

/* A pipe is not even opened: whoever writes to it would lose its only reader. */
rc_status rc_h5_descriptor_open(const char *path, int *fd, rc_error *err)
{
    struct stat info;
    *fd = -1;
    if (!rc_path_is_std(path) && stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return refuse_kind(info.st_mode, err);
    *fd = rc_path_is_std(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                               : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0)
        return rc_error_os(err, RC_E_DATA, errno, "cannot be opened");
    rc_status st = check_descriptor(*fd, err);
    if (st < 0) {
        close(*fd);
        *fd = -1;
    }
    return st;
}

static rc_status open_guard(rc_h5_file *file, const rc_h5_file_options *options, rc_error *err)
{
    struct stat about;
    if (fstat(file->fd, &about) != 0)
        return rc_error_os(err, RC_E_DATA, errno, "look at the HDF5 file");
    file->n_bytes = (uint64_t)about.st_size;
    uint64_t timeout_ms = 4000 + 1000 * (file->n_bytes >> TIMEOUT_BITS);
    rc_guard_options guard = {
        .reader = options->reader,
        .kind = "hdf5",
        .what = "the HDF5 file",
        .fd = file->fd,
        .sandbox = options->sandbox,
        .code = RC_E_DATA,
        .max_memory = file->max_memory,
        .max_answer = file->max_memory > LEAST_ANSWER ? file->max_memory : LEAST_ANSWER,
        .timeout_ms = timeout_ms < UINT32_MAX ? (uint32_t)timeout_ms : UINT32_MAX};
    RC_TRY(rc_guard_open(&file->guard, &guard, err));
    snprintf(file->shut, sizeof(file->shut), "%s", rc_guard_shut(file->guard));
    return RC_OK;
}

rc_status rc_h5_file_open_take(rc_h5_file **out, int fd, const rc_h5_file_options *options,
                               rc_error *err)
{
    *out = NULL;
    rc_h5_file *file = rc_alloc_array(1, sizeof(*file));
    if (file == NULL) {
        close(fd);
        return rc_error_nomem(err);
    }
    file->fd = fd;
    file->max_memory = options->max_memory > 0 ? options->max_memory : RC_H5_MAX_MEMORY;
    rc_status st = open_guard(file, options, err);
    if (st < 0)
        rc_h5_file_close(file);
    else
        *out = file;
    return st;
}

void rc_h5_file_close(rc_h5_file *file)
{
    if (file == NULL)
        return;
    rc_guard_close(file->guard);
    rc_h5_table_free(file->table);
    close(file->fd);
    free(file);
}

/* The reader refuses larger ones itself, with a hint. */
static bool is_bounded(const rc_h5_file *file, const rc_h5_table *table)
{
    for (size_t i = 0; i < table->n_storages; i++) {
        const rc_h5_storage *s = &table->storages[i];
        uint64_t n = s->kind == RC_H5_CHUNKED ? s->chunk_rows * s->chunk_columns : 1;
        if (n * s->element_bytes > file->max_memory)
            return false;
    }
    return true;
}

/* Asks what has been written, unless there was no memory for that. Each answer's kind follows its
 * request's. */
static rc_status ask(rc_h5_file *file, uint32_t kind, bool is_written, rc_buf *asked,
                     rc_frame *answer, rc_error *err)
{
    rc_status st = RC_OK;
    if (!is_written)
        st = rc_error_nomem(err);
    else
        st = rc_guard_ask(file->guard, kind, asked->data, asked->n, kind + 1, answer, err);
    rc_buf_release(asked);
    return st;
}

rc_status rc_h5_file_table(rc_h5_file *file, const rc_h5_request *request,
                           const rc_h5_table **table, rc_error *err)
{
    rc_buf asked = {0};
    rc_frame answer;
    rc_h5_request bounded = *request;
    bounded.max_memory = file->max_memory;
    *table = NULL;
    RC_TRY(ask(file, RC_H5_ASK_TABLE, rc_h5_request_write(&asked, &bounded), &asked, &answer, err));
    rc_h5_table_free(file->table);
    RC_TRY(rc_h5_table_read(&file->table, &answer, file->n_bytes, err));
    if (!is_bounded(file, file->table))
        return rc_guard_lied(file->guard, "a chunk beyond the limit", err);
    *table = file->table;
    return RC_OK;
}

/* Whether a storage has a list of chunks that is not there yet. */
static bool lacks_list(const rc_h5_table *table, uint32_t number)
{
    const rc_h5_storage *s = &table->storages[number];
    return s->kind == RC_H5_CHUNKED && s->chunks == NULL;
}

static rc_status refuse_lists(const rc_h5_file *file, const rc_h5_storage *storage, rc_error *err)
{
    char quoted[RC_QUOTED_BYTES];
    rc_error_set(err, RC_E_DATA,
                 "dataset '%s': the list of its chunks, with those of others, needs more than %llu "
                 "bytes (--max-memory)",
                 rc_text_quote(storage->path, strlen(storage->path), quoted),
                 (unsigned long long)file->max_memory);
    rc_error_hint(err, "h5repack -l CHUNK=ROWSxCOLUMNS in.h5 out.h5 makes them larger");
    return RC_E_DATA;
}

/* Before any is asked for. While one is read it is there twice: as it came, and as it is kept. */
static rc_status check_lists(const rc_h5_file *file, const bool *is_needed, rc_error *err)
{
    const rc_h5_table *table = file->table;
    uint64_t most = file->max_memory / sizeof(rc_h5_chunk), n = 0, longest = 0;
    for (uint32_t i = 0; i < table->n_storages; i++) {
        if (!is_needed[i] || !lacks_list(table, i))
            continue;
        uint64_t n_chunks = table->storages[i].n_chunks; /* at most RC_H5_MAX_CHUNKS */
        longest = n_chunks > longest ? n_chunks : longest;
        n += n_chunks;
        if (n + longest > most)
            return refuse_lists(file, &table->storages[i], err);
    }
    return RC_OK;
}

static rc_status map_storage(rc_h5_file *file, uint32_t number, rc_error *err)
{
    rc_h5_storage *storage = &file->table->storages[number];
    rc_buf asked = {0};
    rc_frame answer;
    char quoted[RC_QUOTED_BYTES];
    if (!lacks_list(file->table, number))
        return RC_OK;
    rc_status st =
        ask(file, RC_H5_ASK_CHUNKS, rc_wire_put_u32(&asked, number), &asked, &answer, err);
    if (st == RC_OK)
        st = rc_h5_chunks_read(storage, &answer, file->n_bytes, err);
    return st < 0 ? rc_error_wrap(err, st, "dataset '%s'",
                                  rc_text_quote(storage->path, strlen(storage->path), quoted))
                  : st;
}

rc_status rc_h5_file_map(rc_h5_file *file, const bool *is_needed, rc_error *err)
{
    RC_TRY(check_lists(file, is_needed, err));
    for (uint32_t i = 0; i < file->table->n_storages; i++)
        if (is_needed[i])
            RC_TRY(map_storage(file, i, err));
    return RC_OK;
}

static bool has_variable_texts(const rc_h5_table *table, uint32_t storage)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].type == RC_H5_TEXT_VAR && table->columns[i].storage == storage)
            return true;
    return false;
}

static rc_status refuse_texts(const rc_h5_file *file, rc_error *err)
{
    rc_error_set(err, RC_E_DATA, "their texts take more than %llu bytes, an eighth of --max-memory",
                 (unsigned long long)file->max_memory / TEXTS_PART);
    rc_error_hint(err, "--packet-size with a smaller size takes fewer rows at once");
    return RC_E_DATA;
}

static rc_status get_block(rc_h5_file *file, uint32_t storage, uint64_t first, uint64_t n,
                           rc_buf *out, rc_error *err)
{
    const rc_h5_storage *s = &file->table->storages[storage];
    uint64_t n_bytes = n * s->n_columns * s->element_bytes; /* no more than all rows: it fits */
    rc_buf asked = {0};
    rc_frame answer;
    char quoted[RC_QUOTED_BYTES];
    bool is_written = rc_wire_put_u32(&asked, storage) && rc_wire_put_u64(&asked, first) &&
                      rc_wire_put_u64(&asked, n);
    rc_status st = ask(file, RC_H5_ASK_BLOCK, is_written, &asked, &answer, err);
    if (st == RC_OK &&
        (answer.n < n_bytes || (answer.n > n_bytes && !has_variable_texts(file->table, storage))))
        st = rc_guard_lied(file->guard, "a block of another length", err);
    if (st == RC_OK && answer.n - n_bytes > file->max_memory / TEXTS_PART)
        st = refuse_texts(file, err);
    if (st < 0)
        return rc_error_wrap(err, st, "dataset '%s', rows from %llu",
                             rc_text_quote(s->path, strlen(s->path), quoted),
                             (unsigned long long)first + 1);
    if (!rc_buf_reserve(out, answer.n + RC_CSV_SLACK) || !rc_buf_append(out, answer.data, answer.n))
        return rc_error_nomem(err);
    memset(out->data + out->n, 0, RC_CSV_SLACK);
    return RC_OK;
}

rc_status rc_h5_file_blocks(rc_h5_file *file, const bool *is_needed, uint64_t first, uint64_t n,
                            rc_buf *blocks, rc_error *err)
{
    const rc_h5_table *table = file->table;
    for (uint32_t i = 0; i < table->n_storages; i++) {
        blocks[i].n = 0;
        if (is_needed[i] && table->storages[i].kind == RC_H5_BLOCKS)
            RC_TRY(get_block(file, i, first, n, &blocks[i], err));
    }
    return RC_OK;
}

rc_status rc_h5_file_tree(rc_h5_file *file, rc_h5_tree **tree, rc_error *err)
{
    rc_frame answer;
    *tree = NULL;
    RC_TRY(rc_guard_ask(file->guard, RC_H5_ASK_TREE, NULL, 0, RC_H5_ANSWER_TREE, &answer, err));
    return rc_h5_tree_read(tree, &answer, err);
}

int rc_h5_file_descriptor(const rc_h5_file *file)
{
    return file->fd;
}

uint64_t rc_h5_file_bytes(const rc_h5_file *file)
{
    return file->n_bytes;
}

const char *rc_h5_file_shut(const rc_h5_file *file)
{
    return file->shut;
}

void rc_h5_file_dismiss(rc_h5_file *file)
{
    rc_guard_close(file->guard);
    file->guard = NULL;
}
