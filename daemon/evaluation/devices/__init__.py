"""What evaluates batches, behind the interface of ``gpu_client``. In the order in which to read it:

searcher_device       the device that the options name, or the best that is known
backends              which devices and precisions there are; open_device: one of them opened for a net
backend_choice        which of them auto takes; accuracy: how exact and fast one is
backend_measurements  what is known of the backends for one net
measurement           finds that out, in a process of its own; background: has it found out beside the search
switching_device      a device that another one takes the place of between two batches
emulated              no net at all: one queue of a given latency that both searchers share
torch_cpu, cuda       torch
openvino_cpu          OpenVINO, imported in openvino_library
winograd_cpu          our own convolutions: winograd_tiles cuts boards for them, winograd_kernels and
                      winograd_products calculate them, by vectors
winograd_model        a net as programs, which winograd_program writes and winograd_steps goes through: winograd_nets
                      knows whole nets, winograd_blocks what they are made of
winograd_activations  what becomes of numbers between layers
winograd_int16        quantizes for products of integers of 16 bits
openvino_model        makes its models; quantize: those in bytes
queued_device         one device that several threads bring batches to; shared_device: for several searchers of a
                      process; gathering_device: for many walkers, as one batch
evaluation_cache      stands in front of any device, and so does symmetries
disk_cache            files that are made once: converted nets, what was measured of them
real_positions        positions to measure with
"""

from pathlib import Path

from games.kernel_cache import forget_stale_kernels

forget_stale_kernels(Path(__file__).parent)
