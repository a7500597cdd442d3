"""Training on games of self-play: what it draws, what it minimises, and a net that does so for as long as wanted.

plan        what is asked of training, as presets have it
net         the nets that can be trained, of whichever family plays the game
symmetries  the ways to turn a board that change nothing
window      the positions to learn from: the youngest ones
batches     from positions on disk to tensors
losses      how far a net is from its targets
optimizer   Muon and AdamW as one
trainer     weights, their average, and what one step is
log         what is told of it: a file, TensorBoard
run         some steps of training, kept as they are made
"""
