"""The trainer of all nets: from samples on disk to a net, for as long as wanted. In the order in which to read it:

plan        what is asked of training, as presets have it
net         the nets that can be trained, of whichever family plays the game
symmetries  the ways to turn a board that change nothing
batches     from positions on disk to tensors
losses      how far a net's outputs are from their targets
hints       targets inside a net, which training may have beside those of the outputs
schedule    how the learning rate goes, in one phase or several
optimizer   Muon and AdamW as one
replicas    the devices of a training, each with a copy of the net
trainer     weights, their average, and what one step is
checkpoint  what is kept to go on from
log         what is told of it: a file, TensorBoard
run         some steps of training, kept as they are made
window      the positions of self-play to learn from: the youngest ones
played      training on the games of self-play
"""
