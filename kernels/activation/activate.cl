// The host puts before this text access to "source" and "target" by place in the target's storage, generated from their
// views, and the functions of activation_functions.cl; it defines FUNCTION, one of them. An item makes one element.
__kernel void activate(SOURCE_PARAMETERS, TARGET_PARAMETERS, const int count) {
  const int place = (int)get_global_id(0);
  if (place >= count) return;
  write_target(TARGET_ARGUMENTS, place, FUNCTION(read_source(SOURCE_ARGUMENTS, place)));
}
