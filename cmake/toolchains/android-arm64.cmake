# Google's NDK for 64-bit Arm phones from Android 10 (API 29) on, with the C++ library inside the program; docs/android.md
# says what of it has been tested.
include(${CMAKE_CURRENT_LIST_DIR}/android_ndk.cmake)
set(ANDROID_ABI arm64-v8a)
set(ANDROID_PLATFORM android-29)
set(ANDROID_STL c++_static)
set(ANDROID_SUPPORT_FLEXIBLE_PAGE_SIZES ON)  # phones with pages of 16 KiB
include("${hetscope_ndk}/build/cmake/android.toolchain.cmake")
