// The host puts access to "source" and "target" before this text, generated from their views, the functions of
// activation_functions.cl, and the macros
//   ROWS        rows of a group, side by side in local memory
//   ITEMS       work-items of a group
//   LONGEST     elements of the longest row, before, between and behind the stages
//   FIRST_ROW   elements of a row that is read; LAST_ROW of one that is written
//   STAGES      the stages in order, as calls of the functions below, from panel0 to RESULT
// An operator on rows: a group reads ROWS rows into local memory, applies the stages there and writes the rows. What of
// an index a row alone decides is computed once a row.

float sum_of_items(__local float* shared, const float mine) {
  const int item = (int)get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  shared[item] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  float sum = 0.0f;
  for (int i = 0; i < ITEMS; ++i) sum += shared[i];
  return sum;
}

float greatest_of_items(__local float* shared, const float mine) {
  const int item = (int)get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  shared[item] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  float most = shared[0];
  for (int i = 1; i < ITEMS; ++i) most = fmax(most, shared[i]);
  return most;
}

void softmax(__local float* row, const int length, __local float* shared) {
  const int item = (int)get_local_id(0);
  float most = -INFINITY;
  for (int i = item; i < length; i += ITEMS) most = fmax(most, row[i]);
  most = greatest_of_items(shared, most);
  float sum = 0.0f;
  for (int i = item; i < length; i += ITEMS) {
    const float power = exp(row[i] - most);
    row[i] = power;
    sum += power;
  }
  const float factor = 1.0f / sum_of_items(shared, sum);
  for (int i = item; i < length; i += ITEMS) row[i] *= factor;
}

void layer_norm(__local float* row, const int length, __local float* shared) {
  const int item = (int)get_local_id(0);
  float sum = 0.0f;
  for (int i = item; i < length; i += ITEMS) sum += row[i];
  const float mean = sum_of_items(shared, sum) / (float)length;
  float square = 0.0f;
  for (int i = item; i < length; i += ITEMS) square += (row[i] - mean) * (row[i] - mean);
  const float scale = 1.0f / sqrt(sum_of_items(shared, square) / (float)length + 1e-5f);
  for (int i = item; i < length; i += ITEMS) row[i] = (row[i] - mean) * scale;
}

void sum(__local float* row, const int length, __local float* shared) {
  const int item = (int)get_local_id(0);
  float mine = 0.0f;
  for (int i = item; i < length; i += ITEMS) mine += row[i];
  // Nobody reads the row any more when the first of it is overwritten.
  const float total = sum_of_items(shared, mine);
  if (item == 0) row[0] = total;
}

// Each element of a row by a function of activation_functions.cl.
#define ON_ELEMENTS(function, row, length) \
  for (int i = (int)get_local_id(0); i < (length); i += ITEMS) (row)[i] = function((row)[i])

// Each item makes columns of all ROWS rows, so that a weight is loaded once a group.
void matmul(__local const float* in, __local float* out, __global const float* weights,
            const int length, const int columns) {
  for (int column = (int)get_local_id(0); column < columns; column += ITEMS) {
    float sums[ROWS];
    for (int row = 0; row < ROWS; ++row) sums[row] = 0.0f;
    for (int i = 0; i < length; ++i) {
      const float weight = weights[i * columns + column];
      for (int row = 0; row < ROWS; ++row) sums[row] += in[row * LONGEST + i] * weight;
    }
    for (int row = 0; row < ROWS; ++row) out[row * LONGEST + column] = sums[row];
  }
}

__kernel void pass_on_rows(SOURCE_PARAMETERS, TARGET_PARAMETERS, __global const float* restrict weights0,
                           __global const float* restrict weights1, const uint rows) {
  __local float panel0[ROWS * LONGEST];
  __local float panel1[PANEL1_ELEMENTS];
  __local float shared[ITEMS];
  __local SOURCE_BASE read_from[ROWS];
  __local TARGET_BASE write_to[ROWS];
  const int item = (int)get_local_id(0);
  const int first = (int)get_group_id(0) * ROWS;
  const int count = min(ROWS, (int)rows - first);
  // Rows behind the last one repeat it; they are computed and not written.
  for (int row = item; row < ROWS; row += ITEMS) {
    const int from = first + min(row, count - 1);
    read_from[row] = base_source(from);
    write_to[row] = base_target(from);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int row = 0; row < ROWS; ++row) {
    const int from = first + min(row, count - 1);
    for (int i = item; i < FIRST_ROW; i += ITEMS) {
      panel0[row * LONGEST + i] = read_source(SOURCE_ARGUMENTS, read_from[row], from, i);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  STAGES
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int row = 0; row < count; ++row) {
    for (int i = item; i < LAST_ROW; i += ITEMS) {
      write_target(TARGET_ARGUMENTS, write_to[row], first + row, i, RESULT[row * LONGEST + i]);
    }
  }
}
