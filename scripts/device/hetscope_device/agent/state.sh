# What the device says of itself, in blocks that begin with `== name`.

# A file that is there and does not let itself be read is named: on a phone that is usual, and worth knowing.
show_files() {
  for file in "$@"; do
    [ -e "$file" ] || continue
    words=
    if [ -r "$file" ] && [ -f "$file" ]; then
      while read -r line || [ -n "$line" ]; do words="$words${words:+ }$line"; done <"$file" 2>/dev/null
      if [ -n "$words" ] || cat "$file" >/dev/null 2>&1; then printf '%s\n' "$file=$words"; continue; fi
    fi
    echo "missing: $file cannot be read"
  done
}

section() {
  echo "== $1"
  shift
  if have "$1"; then "$@" </dev/null 2>&1; else echo "missing: $1"; fi
}

show_temperature() {
  echo "== thermal_zones"
  zones=0
  for zone in /sys/class/thermal/thermal_zone*; do
    degrees=$(cat "$zone/temp" 2>/dev/null)
    if [ -n "$degrees" ]; then
      echo "$(cat "$zone/type" 2>/dev/null || echo "${zone##*/}")=$degrees"
      zones=$((zones + 1))
    fi
  done
  if [ "$zones" = 0 ]; then echo "missing: no thermal zone can be read"; fi
  section battery dumpsys battery
  section thermal dumpsys thermalservice
}

show_state() {
  section uname uname -a
  section id id
  section date date -u +%Y-%m-%dT%H:%M:%SZ
  echo "== boot"; echo "$this_boot"
  look_at_clock
  echo "== uptime_s"; echo "$now_s"
  echo "== free_kib"; free_kib
  show_temperature
  echo "== cpufreq"
  show_files /sys/devices/system/cpu/cpufreq/policy*/scaling_governor /sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq \
    /sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq /sys/devices/system/cpu/cpufreq/policy*/cpuinfo_max_freq
  echo "== gpu"
  show_files /sys/class/kgsl/kgsl-3d0/gpu_model /sys/class/kgsl/kgsl-3d0/devfreq/governor \
    /sys/class/kgsl/kgsl-3d0/devfreq/cur_freq \
    /sys/class/misc/mali0/device/gpuinfo /sys/class/misc/mali0/device/devfreq/*/governor
  echo "== opencl"
  for file in /vendor/lib64/libOpenCL.so /system/vendor/lib64/libOpenCL.so /vendor/lib64/egl/libGLES_mali.so \
    /vendor/lib64/libPVROCL.so /vendor/lib64/libOpenCL-pixel.so /usr/lib/*/libOpenCL.so.1; do
    if [ -e "$file" ]; then echo "$file"; fi
  done
  echo "== launch"
  show_files /proc/self/cgroup /proc/self/cpuset /proc/self/oom_score_adj /proc/self/attr/current | grep -v '^missing:'
  grep -E '^(Cpus_allowed_list|Seccomp|CapEff):' /proc/self/status 2>/dev/null
  echo "== power_supply"
  show_files /sys/class/power_supply/*/status /sys/class/power_supply/*/online /sys/class/power_supply/*/capacity
  echo "== load"; cat /proc/loadavg 2>/dev/null
  section getprop getprop
  echo "== gles"
  if have dumpsys; then dumpsys SurfaceFlinger </dev/null 2>&1 | grep -m 1 '^GLES:'; else echo "missing: dumpsys"; fi
  echo "== screen"
  if have dumpsys; then
    dumpsys power </dev/null 2>&1 | grep -E 'mWakefulness=|mStayOn=|mIsPowered='
  else
    echo "missing: dumpsys"
  fi
}

show_tools() {
  for tool in "$@"; do if have "$tool"; then echo "$tool=yes"; else echo "$tool=no"; fi; done
}
