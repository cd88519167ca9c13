"""Wrong cases of the operations on layouts: one line that says what is wrong, and exit code 2; what a device cannot
hold is a row with the reason.

Usage: movement_input_test.py HETSCOPE [unittest options]
"""

from program_case import ProgramCase, main

TRANSFORM = "layout_transform kernel=layout_transform_tiled processor=cpu "
PAIR = "operator_pair kernel=operator_pair_folded processor=cpu second=relu shape=8x6 first="
RESHAPE = "reshape kernel=reshape_image2d processor=opencl:0 "


class MovementInput(ProgramCase):
    def run_case(self, line):
        return self.hetscope("run", "--case", line, "--no-roofs", "--out", self.out)

    def assert_wrong(self, line, *words):
        with self.subTest(line):
            self.assert_refused(self.run_case(line), *words)
            self.assertFalse(self.out.exists())

    def test_a_permutation_that_is_none(self):
        self.assert_wrong(TRANSFORM + "shape=2x3x4 from=order:0,1,2 to=order:0,0,2", "order:0,0,2", "no permutation")
        self.assert_wrong(TRANSFORM + "shape=2x3x4 from=order:0,1,3 to=order:0,1,2", "order:0,1,3", "no permutation")
        self.assert_wrong(TRANSFORM + "shape=2x3x4 from=order:0,1,2 to=order:1,0", "order:1,0", "rank 3")
        self.assert_wrong(PAIR + "transpose:1,1", "transpose", "no permutation")

    def test_a_rank_above_six(self):
        self.assert_wrong(TRANSFORM + "shape=1x2x1x2x1x2x1 from=order:0,1,2,3,4,5,6 to=order:6,5,4,3,2,1,0", "rank 7",
                          "give 1 to 6 extents")
        self.assert_wrong(PAIR.replace("8x6", "1x2x1x2x1x2x1") + "relu", "rank 7", "give 1 to 6 extents")
        self.assert_wrong(PAIR + "reshape:2x2x2x1x2x3x1", "reshape has 7 numbers")

    def test_a_reshape_that_changes_the_number_of_elements(self):
        self.assert_wrong(RESHAPE + "shape=8x6 output=7x7", "48", "49", "a reshape keeps the number of elements")
        self.assert_wrong(PAIR + "reshape:7x7", "7x7", "changes the number of elements")

    def test_slices_that_are_negative_or_beyond_the_extent(self):
        self.assert_wrong(PAIR + "slice:0:-1:4:1", "slice:0:-1:4:1", "a number from 0 to 2^30 is missing")
        self.assert_wrong(PAIR + "slice:0:2:9:1", "from 2 to 9 of axis 0", "stop <= the extent")
        self.assert_wrong(PAIR + "slice:0:4:4:1", "from 4 to 4 of axis 0", "start < stop")
        self.assert_wrong(PAIR + "slice:0:0:9223372036854775808:1", "a number from 0 to 2^30 is missing")
        self.assert_wrong(PAIR + "slice:0:0:8:0", "a step of 0")
        self.assert_wrong(PAIR + "slice:2:0:1:1", "no such axis in 8x6")

    def test_an_image_that_is_larger_than_the_device_allows_is_a_row(self):
        if not self.has_opencl():
            self.skipTest("no OpenCL device here")
        result = self.run_case(RESHAPE + "shape=4000000x4 output=4x4000000")
        self.assertEqual(result.returncode, 0, result.stderr)
        (record,) = self.records()
        self.assertEqual(record["status"], "unsupported", record["reason"])
        self.assertIn("4000000", record["reason"])
        self.assertEqual(record["latencies"], {})


if __name__ == "__main__":
    main()
