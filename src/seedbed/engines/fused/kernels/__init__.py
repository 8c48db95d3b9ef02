"""Everything that is compiled: kernels over one flat array, written on the vector type `simd`."""
