"""What evaluates batches, behind the interface of ``gpu_client``. In the order in which to read it:

opening           the device that the options name, opened
backends          which devices and precisions there are; accuracy: which of them are exact enough
emulated          no net at all: one queue of a given latency that both searchers share
torch_cpu, cuda   torch
openvino_cpu      OpenVINO; openvino_model makes its models, quantize those in bytes
evaluation_cache, symmetries   stand in front of any device
kept              files that are made once: converted nets, what was measured of them; real_positions: on what
"""
