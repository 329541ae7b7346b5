d = bytearray(open('a', 'rb').read())
d[-2] ^= 1
open('a', 'wb').write(d)
