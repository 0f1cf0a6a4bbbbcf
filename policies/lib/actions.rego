# Groups of actions that rules speak about.
package custody.lib.actions

# What hands a prompt to a model and text back.
conversational := {"chat", "complete"}

# What uses weights, and so needs the consent of everyone who owns a part of them.
invoking := {"chat", "complete", "embed", "tune", "deploy"}
