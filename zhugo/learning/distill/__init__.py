"""A net of our own learns what another one, its teacher, makes of positions. What is distillation's own:

selfplay     games that the teacher plays, every position labelled
supply       a process that plays them beside the training
positions    the labelled positions by board size, some held out
teacher      what a student sees of its teacher's inside
imitation    that as the hints of ``zhugo.learning.training``
stem         the first layer in one step
examination  how near a net is to labels and teacher
run          phases, weights, and a run in its folder
older        checkpoints of earlier versions
show, curves, command  what a person sees and asks for
"""
