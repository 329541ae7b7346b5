"""random_layers.py - random models of Keras: layers with random parameters, put together."""

import numpy as np
import tensorflow as tf

ACTIVATIONS = ("linear relu sigmoid tanh softmax elu selu gelu softplus softsign swish exponential hard_sigmoid leaky_relu mish "
               "log_softmax relu6 celu hard_tanh hard_shrink soft_shrink tanh_shrink log_sigmoid sparse_plus squareplus silu "
               "hard_silu sparse_sigmoid").split()
WORDS = ["a", "bb", "C c", "d,e", "1", "ä", "[UNK]"]
MODES = ["int", "one_hot", "multi_hot", "count"]


class Made:
    """A model, and an array for each of its inputs in their order."""

    def __init__(self, model, feeds, note="", dtype="float32"):
        self.model, self.feeds, self.note, self.dtype = model, feeds, note, dtype


class Maker:
    """Makes layers of one of the two frameworks, k, as the numbers of rng say."""

    def __init__(self, k, rng, rows):
        self.k, self.L, self.rng, self.rows = k, k.layers, rng, rows
        self.is_new = k.__name__ == "keras"
        self.dtype = "float64" if rng.random() < 0.08 else None
        self.notes = []

    # -- choices ----------------------------------------------------------------------------------

    def chance(self, p):
        return bool(self.rng.random() < p)

    def one_of(self, *things):
        return things[self.rng.integers(len(things))]

    def size(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def numbers(self, n, least=-2.0, most=2.0):
        return [float(x) for x in self.rng.uniform(least, most, n)]

    def make(self, name, *args, **how):
        """A layer; what it is made with is noted."""
        self.notes.append(f"{name}{args}{how}".replace("()", ""))
        if self.dtype and name not in ("StringLookup", "IntegerLookup"):
            how["dtype"] = self.dtype
        return getattr(self.L, name)(*args, **how)

    def activation(self):
        names = [n for n in ACTIVATIONS if hasattr(self.k.activations, n) and (n != "gelu" or not self.dtype)]
        if self.chance(0.15):
            slope = float(self.rng.uniform(0, 0.6))
            name, *more = self.one_of(("LeakyReLU", slope), ("ELU", slope), ("ReLU", 6, slope, slope))
            return self.make(name, *more)
        return self.one_of(None, *names)

    # -- layers over the columns of a row ------------------------------------------------------------

    def dense(self, width=None):
        return self.make("Dense", width or self.size(1, 7), activation=self.activation(), use_bias=self.chance(0.8))

    def normalisation(self, width):
        epsilon = float(self.one_of(1e-3, 1e-5, 0.1))
        how = dict(epsilon=epsilon, center=self.chance(0.7), scale=self.chance(0.7))
        kind = self.one_of("Batch", "Batch", "Layer", "Unit", "Group", "RMS", "Rms")
        if kind == "Unit" or (kind in ("RMS", "Rms") and not self.is_new):
            return self.make("UnitNormalization")
        if kind == "RMS":
            return self.make("RMSNormalization", epsilon=epsilon)
        if kind == "Rms":
            return self.make("LayerNormalization", rms_scaling=True, **how)
        if kind == "Group":
            how["groups"] = self.one_of(-1, *[g for g in range(1, width + 1) if width % g == 0])
        return self.make(kind + "Normalization", **how)

    def scaler(self, width):
        if self.chance(0.4):
            scale, offset = self.numbers(width), self.numbers(width)
            return self.make("Rescaling", *self.one_of((scale, offset), (scale[0], offset[0]), (scale, 1.0)))
        how = dict(invert=self.chance(0.3), axis=self.one_of(-1, -1, None))
        if self.chance(0.4):
            mean, variance = self.numbers(width), self.numbers(width, 0.1, 3.0)
            if how["axis"] is None:
                mean, variance = mean[0], variance[0]
            return self.make("Normalization", mean=mean, variance=variance, **how)
        layer = self.make("Normalization", **how)
        layer.adapt(self.rng.normal(1, 2, (40, width)).astype(np.float32))
        return layer

    def small(self):
        slope = float(self.rng.uniform(0, 0.5))
        makers = [lambda: self.make("ReLU", max_value=self.one_of(None, 2.5), negative_slope=slope, threshold=self.one_of(0.0, 0.4)),
                  lambda: self.make("LeakyReLU", slope), lambda: self.make("ELU", slope), lambda: self.make("PReLU"),
                  lambda: self.make("Softmax"), lambda: self.make("Activation", self.activation() or "linear"),
                  lambda: self.make(self.one_of("Dropout", "GaussianNoise", "GaussianDropout"), 0.3),
                  lambda: self.make("ActivityRegularization", 0.1)]
        return self.one_of(*makers)()

    def block(self, h):
        """Some layers on a tensor of rank 1."""
        for _ in range(self.size(1, 3)):
            width = int(h.shape[-1])
            kind = self.rng.random()
            if kind < 0.45:
                h = self.dense()(h)
            elif kind < 0.65:
                h = self.normalisation(width)(h)
            elif kind < 0.75:
                h = self.scaler(width)(h)
            elif kind < 0.9:
                h = self.small()(h)
            elif width % 2 == 0 and width > 2:
                h = self.places(h, width)
        return h

    def places(self, h, width):
        """A row seen as (places, channels), and back."""
        h = self.make("Reshape", (width // 2, 2))(h)
        h = self.one_of(lambda t: t, lambda t: self.make("Permute", (2, 1))(t), lambda t: self.dense(3)(t),
                        lambda t: self.make("Softmax", axis=self.one_of(1, 2))(t),
                        lambda t: self.make("PReLU", shared_axes=[1])(t), lambda t: self.normalisation(2)(t))(h)
        if h.shape[-1] and self.chance(0.4):
            return self.make(self.one_of("GlobalAveragePooling1D", "GlobalMaxPooling1D"))(h)
        return self.make("Flatten")(h)

    # -- inputs -----------------------------------------------------------------------------------

    def categories(self, mode, name):
        """A lookup of texts or whole numbers: (layer, all that it may be asked for)."""
        words = WORDS if name == "StringLookup" else [5, -3, 0, 7, 40, 2]
        known = list(self.rng.permutation(np.array(words, object))[:self.size(1, len(words) - 1)])
        how = dict(output_mode=mode, num_oov_indices=self.one_of(0, 1, 1, 1))
        if self.chance(0.3):
            how["mask_token"] = self.one_of(*[w for w in words if w not in known])
        oov = "[UNK]" if name == "StringLookup" else -1
        if how["num_oov_indices"] and self.chance(0.3) and oov not in known:
            known = ([how["mask_token"]] if "mask_token" in how and mode == "int" else []) + [oov] + known
        if mode != "int" and self.chance(0.3):
            how.update(max_tokens=len(known) + 4, pad_to_max_tokens=True)
        asked = words if how["num_oov_indices"] else [w for w in known if w != oov] or known
        if self.chance(0.25) and how["num_oov_indices"]:
            layer = self.make(name, **how)
            layer.adapt(np.array([[w] for w in known if w != oov] or [[words[0]]]))
        else:
            layer = self.make(name, vocabulary=known, **how)
        return layer, asked

    def column(self, i):
        """(input, what is made of it, its cells) of one column of a table."""
        kind = self.one_of("number", "number", "bins", "code", "string", "integer")
        k, rng, rows = self.k, self.rng, self.rows
        if kind in ("string", "integer"):
            mode = self.one_of(*MODES)
            layer, asked = self.categories(mode, {"string": "StringLookup", "integer": "IntegerLookup"}[kind])
            cells = rng.choice(np.array(asked, object), rows).reshape(-1, 1).astype(str if kind == "string" else np.int64)
            source = k.Input((1,), name=f"{kind}_{i}", dtype="string" if kind == "string" else "int64")
            h = layer(source)
            if mode == "int":
                h = self.make("Flatten")(self.make("Embedding", 12, self.size(1, 3))(h))
            return source, h, cells
        if kind == "code":
            n, mode = self.size(2, 5), self.one_of(*MODES[1:])
            dtype = self.one_of("int32", "float32", "int64")
            source = k.Input((1,), name=f"code_{i}", dtype=dtype)
            h = self.make("CategoryEncoding", num_tokens=n, output_mode=mode)(source)
            return source, h, rng.integers(0, n, (rows, 1)).astype(dtype)
        source = k.Input((1,), name=f"number_{i}", dtype=self.dtype)
        cells = rng.normal(0, 2, (rows, 1)).astype(self.dtype or np.float32)
        if kind == "number":
            return source, (self.scaler(1)(source) if self.chance(0.5) else source), cells
        mode = self.one_of(*MODES)
        h = self.make("Discretization", sorted(self.numbers(self.size(1, 4))), output_mode=mode)(source)
        if mode == "int":
            h = self.make("Flatten")(self.make("Embedding", 6, 2)(h))
        return source, h, cells

    # -- models -----------------------------------------------------------------------------------

    def join(self, parts):
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        if len({int(p.shape[-1]) for p in parts}) == 1 and self.chance(0.6):
            name = self.one_of("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot")
            if name == "Dot":
                return self.make("Dot", axes=1, normalize=self.chance(0.5))(parts[:2])
            return self.make(name)(parts[:2] if name == "Subtract" else parts)
        return self.make("Concatenate")(parts)

    def arithmetic(self, h):
        """Operators, as functional models call them."""
        row = np.asarray(self.numbers(int(h.shape[-1])), h.dtype if isinstance(h.dtype, str) else h.dtype.name)
        return self.one_of(lambda: h * 2.0 - 1.0, lambda: 1.0 - h, lambda: h * row, lambda: h + row.reshape(1, -1), lambda: h / 4.0)()

    def nested(self, h):
        inside = self.k.Input((int(h.shape[-1]),), dtype=self.dtype)
        model = self.k.Model(inside, self.block(inside))
        return self.join([model(h), model(h)]) if self.chance(0.4) else model(h)

    def body(self, h):
        for _ in range(self.size(1, 3)):
            kind = self.rng.random()
            if kind < 0.5:
                h = self.block(h)
            elif kind < 0.65:
                width, layers = self.size(1, 5), []
                for _ in range(self.size(2, 3)):
                    layers.append(self.dense(width))
                h = self.join(layer(h) for layer in layers)
            elif kind < 0.8:
                h = self.nested(h)
            elif kind < 0.9:
                shared = self.dense(int(h.shape[-1]))
                h = shared(shared(h))
            else:
                h = self.arithmetic(h)
        return h

    def head(self, h):
        """(outputs, a loss or None)."""
        losses = self.k.losses
        kind = self.one_of("none", "binary", "logit", "classes", "logits", "several", "numbers")
        if kind in ("binary", "logit"):
            logit = kind == "logit"
            return self.make("Dense", 1, activation=None if logit else "sigmoid")(h), losses.BinaryCrossentropy(from_logits=logit)
        if kind in ("classes", "logits"):
            logit = kind == "logits"
            loss = self.one_of(losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)(from_logits=logit)
            return self.make("Dense", self.size(2, 4), activation=None if logit else "softmax")(h), loss
        if kind == "several":
            return [self.dense(self.size(1, 3))(h) for _ in range(2)], None
        return (h if kind == "none" else self.dense()(h)), "mse"

    def model(self):
        k, rng = self.k, self.rng
        if self.chance(0.45):
            columns = [self.column(i) for i in range(self.size(1, 6))]
            sources, cells = [c[0] for c in columns], [c[2] for c in columns]
            cast = [c[1] if "float" in str(c[1].dtype) else self.make("Rescaling", 1.0)(c[1]) for c in columns]
            h = cast[0] if len(cast) == 1 else self.make("Concatenate")(cast)
        else:
            width = self.size(1, 8)
            sources, h = [k.Input((width,), dtype=self.dtype)], None
            cells = [rng.normal(0, 2, (self.rows, width)).astype(self.dtype or np.float32)]
            h = sources[0]
        outputs, loss = self.head(self.body(h))
        model = k.Model(sources if len(sources) > 1 else sources[0], outputs)
        self.shake(model)
        if loss is not None and self.chance(0.7):
            model.compile(loss=loss)
        return Made(model, cells, " ".join(self.notes), self.dtype or "float32")

    def shake(self, model):
        """Weights that are not those of the start."""
        for layer in model.layers:
            if hasattr(layer, "layers"):
                self.shake(layer)
            elif type(layer).__name__ not in ("Normalization", "StringLookup", "IntegerLookup", "Discretization"):
                values = [self.rng.normal(0, 0.6, w.shape).astype(w.dtype) for w in layer.get_weights()]
                if type(layer).__name__ == "BatchNormalization":
                    values[-1] = np.abs(values[-1]) + 0.2
                layer.set_weights(values)


def make(k, rng, rows):
    tf.keras.backend.clear_session()
    return Maker(k, rng, rows).model()
