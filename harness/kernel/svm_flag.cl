// Tells the host that everything before it in the queue is done. Where the compiler does not know the scope of the host,
// the device is the host's own CPU or says that its atomics reach it all the same.
#if __OPENCL_C_VERSION__ < 300 || defined(__opencl_c_atomic_scope_all_devices)
#define FLAG_SCOPE memory_scope_all_svm_devices
#else
#define FLAG_SCOPE memory_scope_device
#endif

kernel void raise_flag(global atomic_int* flag, int value) {
  atomic_store_explicit(flag, value, memory_order_release, FLAG_SCOPE);
}
