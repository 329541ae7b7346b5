/* scratch.h - a folder of its own for a test, removed behind it. */
#ifndef RC_TESTS_SCRATCH_H
#define RC_TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

typedef struct scratch {
    char folder[64];
    char path[PATH_MAX]; /* what scratch_path made last */
} scratch;

static inline int scratch_open(void **state)
{
    scratch *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return -1;
    memcpy(s->folder, "/tmp/rc-test-XXXXXX", 20);
    *state = s;
    return mkdtemp(s->folder) != NULL ? 0 : -1;
}

static inline int scratch_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int scratch_close(void **state)
{
    scratch *s = *state;
    int code = nftw(s->folder, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return code;
}

/* Path of a file in the folder, valid until the next call. */
static inline const char *scratch_path(scratch *s, const char *name)
{
    int n = snprintf(s->path, sizeof(s->path), "%s/%s", s->folder, name);
    assert_true(n > 0 && (size_t)n < sizeof(s->path));
    return s->path;
}

/* Writes a file and returns its path. */
static inline const char *scratch_write(scratch *s, const char *name, const void *data, size_t n)
{
    const char *path = scratch_path(s, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    const char *at = data;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        assert_true(done > 0);
        at += done;
        n -= (size_t)done;
    }
    assert_int_equal(close(fd), 0);
    return path;
}

/* Whether the file holds exactly the text. */
static inline void scratch_holds(const char *path, const char *text)
{
    char data[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, data, sizeof(data));
    close(fd);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(data, text, (size_t)n);
}

/* How many names there are in the folder. */
static inline int scratch_count(const scratch *s)
{
    DIR *dir = opendir(s->folder);
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

#endif
