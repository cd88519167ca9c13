"""hetscope-gbench from outside: what the runner calls right is right there, too.

Usage: gbench_test.py HETSCOPE_GBENCH [unittest options]
"""

import json

from program_case import ProgramCase, main, scenario


class GbenchTest(ProgramCase):
    def test_a_kernel_that_approximates_is_held_to_what_it_computes(self):
        path = self.write(scenario(experiment={
            "operation": "sparse_matmul", "kernels": ["sparse_matmul_series"],
            "axes": {"shape": [[16, 32, 8]], "sparsity": [0.5], "series": ["1:8"], "threads": [1]}}))
        done = self.hetscope(path, "--benchmark_format=json", "--benchmark_min_time=0.001")
        self.assertEqual(done.returncode, 0, done.stderr)
        results = json.loads(done.stdout)["benchmarks"]
        self.assertTrue(results)
        for result in results:
            self.assertFalse(result.get("error_occurred"), result.get("error_message"))


if __name__ == "__main__":
    main()
