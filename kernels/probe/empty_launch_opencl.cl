// Nothing, by one work-item.
__kernel void empty_launch(void) {}
