# Read by llama-cpp-python's build (see README.md): build only the libraries that the program loads. The chat
# templates and server helpers of llama.cpp (`common`) and its multimodal library take two thirds of the time.
set(LLAMA_BUILD_COMMON OFF)
set(LLAVA_BUILD OFF)
