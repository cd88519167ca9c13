// The host puts access to "source" and "target" before this text, generated from their views: one element an item. The
// last dimension is x, the one before it y, all others together z.
__kernel void move_elements(SOURCE_PARAMETERS, TARGET_PARAMETERS, const uint columns) {
  const int x = (int)get_global_id(0);
  if (x >= (int)columns) return;
  const int y = (int)get_global_id(1);
  const int z = (int)get_global_id(2);
  write_target(TARGET_ARGUMENTS, z, y, x, read_source(SOURCE_ARGUMENTS, z, y, x));
}
