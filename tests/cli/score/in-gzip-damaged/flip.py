import gzip
d = bytearray(gzip.compress(b'x\n1\n'))
d[-6] ^= 1
open('a', 'wb').write(d)
