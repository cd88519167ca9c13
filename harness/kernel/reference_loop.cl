// One chain of dependent multiply-adds per work item; the result is stored so that it is computed.
kernel void reference_loop(global float* out, int steps, float factor) {
  const int item = (int)get_global_id(0);
  float value = (float)item;
  for (int i = 0; i < steps; ++i) value = mad(value, factor, 1.0f);
  out[item] = value;
}
